"""x"""
class Screen:
    def __init__(self, as_json): pass
