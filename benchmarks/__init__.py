"""Figures of speed and size, each as a ratio to a bare handler that was measured in the same run."""
