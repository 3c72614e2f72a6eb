"""The pitch of a voice that is alone, heard in the same way in a song and in a take that was sung to it.

NumPy is imported by these modules, so a function without the audio layer imports none of them."""
