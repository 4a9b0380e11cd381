using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Skein.Model.Seccomp;

/// <summary>
/// A seccomp profile as users bring it, in Docker's form: the OCI runtime's, with rules that count for some capabilities, architectures and
/// kernels alone. What it names is checked here, so that a service is refused and not each of its tasks.
/// </summary>
public sealed record SeccompDocument
{
    /// <summary>Docker's own has 14 KiB; the swarm's state keeps one for each service.</summary>
    public const int BytesMax = 256 << 10;

    private const int RulesMax = 2000;
    private const int NamesMax = 20_000;
    private const int ArgumentsMax = 6;
    private const uint ErrnoMax = 4095;

    private static readonly string[] s_actions =
    [
        "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_TRAP", "SCMP_ACT_ERRNO", "SCMP_ACT_TRACE", "SCMP_ACT_ALLOW", "SCMP_ACT_LOG",
    ];

    private static readonly string[] s_flags = ["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"];

    private static readonly string[] s_operators =
    [
        "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ",
    ];

    public string? DefaultAction { get; init; }
    public uint? DefaultErrnoRet { get; init; }
    public IReadOnlyList<string>? Architectures { get; init; }
    public IReadOnlyList<string>? Flags { get; init; }
    public string? ListenerPath { get; init; }
    public string? ListenerMetadata { get; init; }
    public IReadOnlyList<SeccompArchitecture>? ArchMap { get; init; }
    public IReadOnlyList<SeccompCall>? Syscalls { get; init; }

    /// <exception cref="SkeinException">It is none, in Docker's words where it has some.</exception>
    public static SeccompDocument Parse(ReadOnlySpan<byte> json)
    {
        if (json.Length > BytesMax) throw SkeinException.Invalid($"a seccomp profile is at most {BytesMax >> 10} KiB, this has {json.Length} bytes");
        SeccompDocument document;
        try
        {
            document = JsonSerializer.Deserialize(json, SeccompJson.Default.SeccompDocument) ?? throw Wrong("it is null");
        }
        catch (JsonException error)
        {
            throw Wrong(error.Message);
        }
        document.Check();
        return document;
    }

    private void Check()
    {
        if (Architectures is { Count: > 0 } && ArchMap is { Count: > 0 })
            throw SkeinException.Invalid("both 'architectures' and 'archMap' are specified in the seccomp profile, use either 'architectures' or 'archMap'");
        if (ListenerPath is { Length: > 0 } || ListenerMetadata is { Length: > 0 }) throw Wrong("listeners are not supported");
        var rules = Syscalls ?? [];
        // Nothing said at all is no profile, as in Docker.
        if (DefaultAction is { Length: > 0 } || rules.Count > 0) CheckAction(DefaultAction);
        if (DefaultErrnoRet > ErrnoMax) throw Wrong($"invalid errno {DefaultErrnoRet}");
        CheckWords(Flags, s_flags.Contains, "flag");
        CheckWords(Architectures, IsArchitecture, "architecture");
        // JSON has nulls where a list has rules.
        if (HasNull(Syscalls) || HasNull(ArchMap)) throw Wrong("a rule or an architecture is null");
        foreach (var mapped in ArchMap ?? []) CheckWords([mapped.Architecture ?? "", .. mapped.SubArchitectures ?? []], IsArchitecture, "architecture");
        if (rules.Count > RulesMax || rules.Sum(rule => rule.Names?.Count ?? 1) > NamesMax) throw Wrong($"it has more than {RulesMax} rules or {NamesMax} names");
        foreach (var rule in rules) Check(rule);
    }

    private static void Check(SeccompCall rule)
    {
        if (rule.Name is { Length: > 0 } && rule.Names is { Count: > 0 })
            throw SkeinException.Invalid("both 'name' and 'names' are specified in the seccomp profile, use either 'name' or 'names'");
        if (rule.AllNames.Count == 0 || rule.AllNames.Any(string.IsNullOrEmpty)) throw Wrong("a rule names no system call");
        CheckAction(rule.Action);
        if (rule.ErrnoRet > ErrnoMax) throw Wrong($"invalid errno {rule.ErrnoRet}");
        if (HasNull(rule.Args)) throw Wrong("an argument is null");
        if (rule.Args?.Count > ArgumentsMax) throw Wrong($"a system call has {ArgumentsMax} arguments at most");
        foreach (var argument in rule.Args ?? [])
        {
            if (argument.Index >= ArgumentsMax) throw Wrong($"invalid index of an argument: {argument.Index}");
            CheckWords([argument.Op ?? ""], s_operators.Contains, "operator");
        }
        foreach (var filter in new[] { rule.Includes, rule.Excludes })
        {
            if (filter?.MinKernel is { Length: > 0 } kernel) Kernel(kernel);
        }
    }

    private static void CheckAction(string? action) => CheckWords([action ?? ""], s_actions.Contains, "action");

    private static bool HasNull<T>(IReadOnlyList<T>? list) where T : class => list?.Any(one => one is null) == true;

    private static void CheckWords(IReadOnlyList<string>? words, Func<string, bool> isKnown, string what)
    {
        if (words?.Select(word => word ?? "").FirstOrDefault(word => !isKnown(word)) is { } unknown) throw Wrong($"unknown {what} \"{unknown}\"");
    }

    private static bool IsArchitecture(string name) =>
        name.StartsWith("SCMP_ARCH_", StringComparison.Ordinal) && name.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c == '_');

    /// <summary>"4.8": the numbers of a kernel that count.</summary>
    internal static Version Kernel(string text) =>
        text.Split('.') is [var kernel, var major]
        && byte.TryParse(kernel, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
        && byte.TryParse(major, NumberStyles.None, CultureInfo.InvariantCulture, out var second)
        && (first, second) != (0, 0)
            ? new Version(first, second)
            : throw Wrong($"invalid kernel version: \"{text}\", expected \"<kernel>.<major>\"");

    private static SkeinException Wrong(string why) => SkeinException.Invalid($"Decoding seccomp profile failed: {why}");
}

/// <summary>The architectures that come with a native one.</summary>
public sealed record SeccompArchitecture(string? Architecture, IReadOnlyList<string>? SubArchitectures);

/// <param name="Name">The older form of one name.</param>
public sealed record SeccompCall(
    string? Name,
    IReadOnlyList<string>? Names,
    string? Action,
    uint? ErrnoRet,
    IReadOnlyList<SeccompArgument>? Args,
    string? Comment,
    SeccompCondition? Includes,
    SeccompCondition? Excludes)
{
    [JsonIgnore]
    public IReadOnlyList<string> AllNames => Name is { Length: > 0 } ? [Name] : Names ?? [];

    /// <param name="architecture">In Go's words: amd64, arm64.</param>
    public bool Applies(IReadOnlyCollection<string> capabilities, string architecture, Version kernel) =>
        !IsExcluded(capabilities, architecture, kernel) && IsIncluded(capabilities, architecture, kernel);

    private bool IsExcluded(IReadOnlyCollection<string> capabilities, string architecture, Version kernel) =>
        Excludes is { } excluded
        && (excluded.Arches?.Contains(architecture) == true
            || excluded.Caps?.Any(capabilities.Contains) == true
            || (excluded.MinKernel is { Length: > 0 } from && kernel >= SeccompDocument.Kernel(from)));

    private bool IsIncluded(IReadOnlyCollection<string> capabilities, string architecture, Version kernel) =>
        Includes is not { } included
        || ((included.Arches is not { Count: > 0 } || included.Arches.Contains(architecture))
            && included.Caps?.All(capabilities.Contains) != false
            && (included.MinKernel is not { Length: > 0 } from || kernel >= SeccompDocument.Kernel(from)));
}

public sealed record SeccompArgument(uint Index, ulong Value, ulong ValueTwo, string? Op);

/// <summary>Under which a rule counts, or does not.</summary>
public sealed record SeccompCondition(IReadOnlyList<string>? Caps, IReadOnlyList<string>? Arches, string? MinKernel);

// As Go reads JSON: names in any case.
[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true)]
[JsonSerializable(typeof(SeccompDocument))]
internal sealed partial class SeccompJson : JsonSerializerContext;
