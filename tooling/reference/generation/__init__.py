"""What `sampling.py` is made of."""
