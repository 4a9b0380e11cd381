namespace Skein.Agent.Images.Content;

internal static class MediaTypes
{
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    public const string DockerIndex = "application/vnd.docker.distribution.manifest.list.v2+json";
    public const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";
    public const string OciConfig = "application/vnd.oci.image.config.v1+json";
    public const string DockerConfig = "application/vnd.docker.container.image.v1+json";
    public const string DockerLayerGzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    public const string OciLayer = "application/vnd.oci.image.layer.v1.tar";
    public const string OciLayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
    public const string OciLayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd";

    /// <summary>In the order of preference that Docker sends.</summary>
    public static readonly IReadOnlyList<string> Manifests = [OciIndex, OciManifest, DockerIndex, DockerManifest];

    public static bool IsConfig(string mediaType) => mediaType is DockerConfig or OciConfig;

    public static bool IsIndex(string mediaType) => mediaType is DockerIndex or OciIndex;
}
