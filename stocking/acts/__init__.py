"""What to do while a session is live, and who is told: sell-outs, reserve, goods moved, hints for the anchor."""
