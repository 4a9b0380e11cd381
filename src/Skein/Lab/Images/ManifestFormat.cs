namespace Skein.Lab.Images;

internal enum ManifestFormat
{
    /// <summary>A Docker schema 2 manifest under the tag itself.</summary>
    Docker,

    /// <summary>An OCI index under the tag, one OCI manifest per platform: what Docker Hub's official images are.</summary>
    OciIndex,
}
