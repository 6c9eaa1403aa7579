"""What only pycp has: a room for each option or command of our own, also when something fails."""
