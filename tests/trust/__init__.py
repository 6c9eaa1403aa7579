"""Trust: races, the system-call contract, load and hostile surroundings."""
