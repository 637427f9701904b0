"""The servers and workers of a home: how each is started, what they are told, and which of them run."""
