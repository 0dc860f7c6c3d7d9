"""Which destinations may be dialled, and which number rings which agent. Pure."""
