using System.Text.Json;
using Skein.Agent.Images;

namespace Skein.Lab.Images;

/// <summary>The JSON documents of an image, as Docker's image specification v1.2 and OCI's 1.0 have them.</summary>
internal static class ImageDocuments
{
    public const string DockerManifestType = "application/vnd.docker.distribution.manifest.v2+json";
    public const string OciManifestType = "application/vnd.oci.image.manifest.v1+json";
    public const string OciIndexType = "application/vnd.oci.image.index.v1+json";

    private const string DockerConfigType = "application/vnd.docker.container.image.v1+json";
    private const string DockerLayerType = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    private const string OciConfigType = "application/vnd.oci.image.config.v1+json";
    private const string OciLayerType = "application/vnd.oci.image.layer.v1.tar+gzip";

    // Fixed, for the same bytes from the same packages; Docker shows it as CREATED.
    private const string Created = "2025-01-01T00:00:00Z";

    public static byte[] Config(ImageRecipe recipe, IReadOnlyList<Layer> layers, string architecture) => Write(json =>
    {
        json.WriteString("architecture", architecture);
        json.WriteString("os", "linux");
        json.WriteString("created", Created);
        json.WriteStartObject("config");
        Strings(json, "Env", recipe.Config.Environment);
        Strings(json, "Cmd", recipe.Config.Command);
        if (recipe.Config.WorkingDirectory.Length > 0)
            json.WriteString("WorkingDir", recipe.Config.WorkingDirectory);
        if (recipe.Config.StopSignal.Length > 0)
            json.WriteString("StopSignal", recipe.Config.StopSignal);
        if (recipe.Config.ExposedPorts is { } ports)
        {
            json.WriteStartObject("ExposedPorts");
            foreach (var port in ports)
            {
                json.WriteStartObject(port);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartObject("rootfs");
        json.WriteString("type", "layers");
        Strings(json, "diff_ids", layers.Select(l => l.DiffId));
        json.WriteEndObject();
        json.WriteStartArray("history");
        foreach (var layer in recipe.Layers)
        {
            json.WriteStartObject();
            json.WriteString("created", Created);
            json.WriteString("created_by", $"skein lab images # {layer.Folder}: {string.Join(' ', layer.Packages)}");
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    public static byte[] Manifest(ManifestFormat format, byte[] config, IReadOnlyList<Layer> layers)
    {
        var oci = format == ManifestFormat.OciIndex;
        return Write(json =>
        {
            json.WriteNumber("schemaVersion", 2);
            json.WriteString("mediaType", oci ? OciManifestType : DockerManifestType);
            json.WriteStartObject("config");
            Descriptor(json, oci ? OciConfigType : DockerConfigType, config);
            json.WriteEndObject();
            json.WriteStartArray("layers");
            foreach (var layer in layers)
            {
                json.WriteStartObject();
                Descriptor(json, oci ? OciLayerType : DockerLayerType, layer.Compressed);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    public static byte[] Index(byte[] manifest, string architecture) => Write(json =>
    {
        json.WriteNumber("schemaVersion", 2);
        json.WriteString("mediaType", OciIndexType);
        json.WriteStartArray("manifests");
        json.WriteStartObject();
        Descriptor(json, OciManifestType, manifest);
        json.WriteStartObject("platform");
        json.WriteString("architecture", architecture);
        json.WriteString("os", "linux");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
    });

    private static void Descriptor(Utf8JsonWriter json, string type, byte[] content)
    {
        json.WriteString("mediaType", type);
        json.WriteString("digest", ContentDigest.Of(content));
        json.WriteNumber("size", content.Length);
    }

    private static void Strings(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }

    private static byte[] Write(Action<Utf8JsonWriter> body)
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory))
        {
            json.WriteStartObject();
            body(json);
            json.WriteEndObject();
        }

        return memory.ToArray();
    }
}
