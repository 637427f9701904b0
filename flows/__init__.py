"""What happens when: ingest, train, stock; the command line; every effect on the world."""
