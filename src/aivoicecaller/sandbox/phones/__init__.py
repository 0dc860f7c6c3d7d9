"""People who answer: each a small scenario file, a voice, an ear, and manners that survive an unexpected agent."""
