// Who imports Letterlock has the structures of the format too.
@_exported public import LetterlockFormat
