"""What the providers ask and tell us. Each request is verified, recorded, then handed on."""
