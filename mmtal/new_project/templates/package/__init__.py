from my_project.my_component import MyComponent

__all__ = ["MyComponent"]
