"""Style, and one drawing function per figure: a result in, a figure out."""
