namespace Skein.Model.Logging;

/// <summary>The container whose lines go to a collector.</summary>
/// <param name="Command">Entrypoint and arguments, joined by blanks.</param>
/// <param name="Environment">NAME=value</param>
public sealed record LogSubject(
    string Id, string Name, string Command, string ImageId, string ImageName, IReadOnlyDictionary<string, string> Labels, IReadOnlyList<string> Environment)
{
    private const int ShortLength = 12;

    public string ShortId => Short(Id);

    public static string Short(string id)
    {
        var plain = id.StartsWith("sha256:", StringComparison.Ordinal) ? id["sha256:".Length..] : id;
        return plain.Length > ShortLength ? plain[..ShortLength] : plain;
    }
}
