namespace Skein.Model.Templates;

/// <summary>What stands between a format's percent sign and its verb.</summary>
internal record struct GoFormatFlags
{
    public bool Minus { get; set; }

    public bool Plus { get; set; }

    public bool Sharp { get; set; }

    public bool Space { get; set; }

    public bool Zero { get; set; }

    /// <summary>%+v: fields with their names.</summary>
    public bool Names { get; set; }

    /// <summary>%#v: as Go's source would have it.</summary>
    public bool Source { get; set; }

    public int? Width { get; set; }

    public int? Precision { get; set; }
}
