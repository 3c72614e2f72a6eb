"""Twenty people at once, a large library, many connections: is it fair, whole and quick?"""
