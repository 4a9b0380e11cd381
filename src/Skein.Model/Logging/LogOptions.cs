using Skein.Model.Specs;

namespace Skein.Model.Logging;

/// <summary>The names of log drivers and of their options.</summary>
public static class LogOptions
{
    public const string JsonFile = "json-file";
    public const string Local = "local";
    public const string Journald = "journald";
    public const string Syslog = "syslog";
    public const string None = "none";

    public const string MaxSize = "max-size";
    public const string MaxFile = "max-file";
    public const string Compress = "compress";

    public const string Labels = "labels";
    public const string LabelsRegex = "labels-regex";
    public const string Env = "env";
    public const string EnvRegex = "env-regex";
    public const string Tag = "tag";

    public const string Mode = "mode";
    public const string Blocking = "blocking";
    public const string NonBlocking = "non-blocking";
    public const string MaxBufferSize = "max-buffer-size";
    public const long BufferBytesMax = 64 << 20;

    /// <summary>Of what is kept on the node beside a driver that sends its lines elsewhere, for `docker logs`.</summary>
    public const string CachePrefix = "cache-";
    public const string CacheDisabled = "cache-disabled";

    public static readonly IReadOnlyList<string> Drivers = [JsonFile, Local, Journald, Syslog];

    public static bool Flag(IDictionary<string, string> options, string name) =>
        options.TryGetValue(name, out var text) && GoBool.TryParse(text, out var value) && value;
}
