"""Writers of what the pages of the book show beside their text: tables, figures, downloads."""
