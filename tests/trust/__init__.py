"""What goes wrong: races, failing calls, full disks, signals, load and hostile surroundings."""
