using System.Text.Json;
using Skein.Agent.Containers.Oci;
using Skein.Linux.Files;
using Skein.Model;

namespace Skein.Agent.Containers.Devices;

/// <summary>
/// The devices that the host's files of the Container Device Interface name, such as vendor.com/class=name. They are read when one is
/// asked for: a vendor's tool writes them anew when a driver is loaded. Of two files that name a device the later folder's counts.
/// </summary>
internal sealed class CdiRegistry(params IReadOnlyList<string> folders)
{
    private const int FilesMax = 100;
    private const int BytesMax = 4 << 20;
    private const int EditsMax = 4096;
    private const uint UsualMode = 0x1b6;   // 0666, as runc has it

    private static readonly string[] s_hooks = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"];

    /// <exception cref="SkeinException">One is not there, or its file is none.</exception>
    public OciAccess Resolve(IReadOnlyList<string> names)
    {
        if (names.Count == 0) return new OciAccess();
        var documents = Documents();
        var edits = new List<CdiEdits>();
        var kinds = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names.Distinct(StringComparer.Ordinal))
        {
            var (kind, device) = (name.Split('=')[0], name.Split('=')[1]);
            var (document, found) = documents
                .Where(d => d.Kind == kind)
                .Select(d => (Document: d, Device: d.Devices?.LastOrDefault(one => one.Name == device)))
                .LastOrDefault(d => d.Device is not null);
            if (found is null) throw SkeinException.Invalid($"could not select device driver \"cdi\": unresolvable CDI devices {name}");
            if (kinds.Add(kind) && document.ContainerEdits is { } common) edits.Add(common);
            if (found.ContainerEdits is { } own) edits.Add(own);
        }
        return Apply(edits);
    }

    private List<CdiDocument> Documents()
    {
        var files = folders.Where(Directory.Exists).SelectMany(folder => Directory.EnumerateFiles(folder).Where(IsOurs).Order(StringComparer.Ordinal)).ToList();
        if (files.Count > FilesMax) throw SkeinException.Invalid($"more than {FilesMax} files of CDI in {string.Join(" and ", folders)}");
        return [.. files.Select(Read)];
    }

    private static bool IsOurs(string file) => Path.GetExtension(file) is ".json" or ".yaml" or ".yml";

    private static CdiDocument Read(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            if (stream.Length > BytesMax) throw Wrong(file, $"more than {BytesMax} bytes");
            return Parse(file, stream) is { Kind.Length: > 0 } document ? Whole(document, file) : throw Wrong(file, "it has no kind");
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw Wrong(file, error.Message);
        }
    }

    private static CdiDocument? Parse(string file, FileStream stream)
    {
        if (Path.GetExtension(file) == ".json") return JsonSerializer.Deserialize(stream, CdiJson.Default.CdiDocument);
        using var reader = new StreamReader(stream);
        return JsonSerializer.Deserialize(YamlToJson.Convert(reader).Span, CdiJson.Default.CdiDocument);
    }

    /// <summary>JSON has nulls where a list has devices and edits.</summary>
    private static CdiDocument Whole(CdiDocument document, string file)
    {
        var devices = document.Devices ?? [];
        var isWhole = devices.All(device => device is not null)
            && devices.Select(device => device.ContainerEdits).Append(document.ContainerEdits).OfType<CdiEdits>().All(edits =>
                IsWhole(edits.Env) && IsWhole(edits.DeviceNodes) && IsWhole(edits.Mounts) && IsWhole(edits.Hooks));
        return isWhole ? document : throw Wrong(file, "a device or an edit is null");
    }

    private static bool IsWhole<T>(IReadOnlyList<T>? list) where T : class => list?.All(one => one is not null) != false;

    private static OciAccess Apply(List<CdiEdits> edits)
    {
        if (edits.SelectMany(edit => edit.Others?.Keys ?? Enumerable.Empty<string>()).FirstOrDefault() is { } unknown)
            throw SkeinException.Invalid($"CDI edits of the kind \"{unknown}\" are not supported");
        if (edits.Sum(edit => (edit.DeviceNodes?.Count ?? 0) + (edit.Mounts?.Count ?? 0) + (edit.Hooks?.Count ?? 0) + (edit.Env?.Count ?? 0)) > EditsMax)
            throw SkeinException.Invalid($"more than {EditsMax} CDI edits for one container");
        var hooks = edits.SelectMany(edit => edit.Hooks ?? []).ToLookup(hook => hook.HookName ?? "");
        if (hooks.FirstOrDefault(group => !s_hooks.Contains(group.Key)) is { } strange) throw SkeinException.Invalid($"unknown CDI hook \"{strange.Key}\"");
        return new OciAccess
        {
            Environment = [.. edits.SelectMany(edit => edit.Env ?? [])],
            Devices = [.. edits.SelectMany(edit => edit.DeviceNodes ?? []).Select(Node)],
            Mounts = [.. edits.SelectMany(edit => edit.Mounts ?? []).Select(Mount)],
            Groups = [.. edits.SelectMany(edit => edit.AdditionalGids ?? []).Where(group => group > 0)],
            Hooks = hooks.Count == 0 ? null : new OciHooks(Of("prestart"), Of("createRuntime"), Of("createContainer"), Of("startContainer"), Of("poststart"), Of("poststop")),
        };

        IReadOnlyList<OciHook>? Of(string name) => hooks[name].Select(Hook).ToList() is { Count: > 0 } some ? some : null;
    }

    private static OciDeviceAccess Node(CdiNode node)
    {
        if (node.Path is not { } path || !path.StartsWith('/')) throw SkeinException.Invalid("a CDI device node has no absolute path");
        if (node.Others?.Keys.FirstOrDefault() is { } unknown) throw SkeinException.Invalid($"\"{unknown}\" of the CDI device node {path} is not supported");
        var device = DeviceOf(node, path);
        device = device with
        {
            Mode = node.FileMode & FileStatus.PermissionBits ?? device.Mode,
            User = node.Uid ?? device.User,
            Group = node.Gid ?? device.Group,
        };
        return OciDeviceAccess.To(device, path, node.Permissions is { Length: > 0 } access ? access : "rwm");
    }

    /// <summary>As the file describes it, or else as the host has it.</summary>
    private static DeviceNode DeviceOf(CdiNode node, string path)
    {
        var host = node.HostPath is { Length: > 0 } other ? other : path;
        char? type = node.Type switch
        {
            null or "" => null,
            "b" => 'b',
            "c" or "u" => 'c',
            var odd => throw SkeinException.Invalid($"the type \"{odd}\" of the CDI device node {path} is not supported"),
        };
        if (type is { } given && node.Major is > 0 and var major) return new(host, given, major, node.Minor ?? 0, UsualMode, 0, 0);
        var found = DeviceNode.Read(host) ?? throw SkeinException.Invalid($"the CDI device node {host} is not there");
        if (type is { } meant && meant != found.Type) throw SkeinException.Invalid($"CDI device (\"{path}\", \"{host}\"), host type mismatch ({meant}, {found.Type})");
        return node.Major is > 0 and var number ? found with { Major = number, Minor = node.Minor ?? 0 } : found;
    }

    private static OciMount Mount(CdiMount mount)
    {
        if (mount is not { HostPath: { } from, ContainerPath: { } to } || !from.StartsWith('/') || !to.StartsWith('/')) throw SkeinException.Invalid("a CDI mount has no absolute paths");
        var options = mount.Options is { Count: > 0 } given ? given : ["ro", "nosuid", "nodev", "bind"];
        return new OciMount(to, mount.Type is { Length: > 0 } type ? type : "bind", from, options.Any(option => option is "bind" or "rbind") ? options : ["bind", .. options]);
    }

    private static OciHook Hook(CdiHook hook) => hook.Path is { } path && path.StartsWith('/')
        ? new(path, hook.Args, hook.Env, hook.Timeout)
        : throw SkeinException.Invalid("a CDI hook has no absolute path");

    private static SkeinException Wrong(string file, string why) => SkeinException.Invalid($"the CDI file {file} cannot be read: {why}");
}
