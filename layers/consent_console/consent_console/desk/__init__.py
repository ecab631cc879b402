"""The privacy desk: visitors' consents, statistics, and who did what. Its function can change no widget."""
