"""What is done with a result: units come in, what can be said of them goes out.

``pipeline`` does everything that one command does for one recording; ``quality`` says how far a
unit can be trusted, ``physiology`` what it is like, ``emg`` how it agrees with firings from EMG;
``curation`` applies a person's decisions.
"""
