"""What a call is and how it lives: facts in, commands out. Pure: no I/O, no clock, no log, no await."""
