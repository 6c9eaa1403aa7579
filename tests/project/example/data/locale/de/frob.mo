frob: frobnizieren
