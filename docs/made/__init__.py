"""Pages that are made from the code, so that they cannot tell anything else than it does."""
