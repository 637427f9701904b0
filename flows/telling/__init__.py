"""How alerts are carried to people: kept once in the lake, shown in Prefect, and posted to other systems, signed."""
