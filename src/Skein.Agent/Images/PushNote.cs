namespace Skein.Agent.Images;

/// <summary>What a client's program reads of a push, beside its words.</summary>
public abstract record PushNote
{
    public sealed record Pushed(string Tag, string Digest, long Size) : PushNote;

    /// <summary>Not all of the index is here: what goes up is one image of it.</summary>
    public sealed record ManifestInsteadOfIndex(ContentDescriptor Index, ContentDescriptor Manifest) : PushNote;
}
