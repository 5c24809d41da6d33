"""The whole system on this machine, and a short real story through its front doors.

`python -m deploy.demo` starts the broker, the database, all services and a stand-in for the outside
world, plays the story and stays. The story's code is the same that the flow tests assert on.
"""
