"""The record's forms, oldest first, each with the way from the one before it and back."""
