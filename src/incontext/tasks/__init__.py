"""What is to be learned: distributions of prompts, and how prompts become tokens."""
