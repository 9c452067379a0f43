"""The five decks: tables of what they say, each row with deck and lines, and their mapping to triples."""
