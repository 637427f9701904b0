"""Pictures of a training run: one file a subject, one function a picture."""
