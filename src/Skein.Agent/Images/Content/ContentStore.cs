using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using Skein.Agent.Containerd;
using Skein.Agent.Containerd.ContentApi;
using Skein.Model;
using LabelMap = System.Collections.Generic.IReadOnlyDictionary<string, string>;

namespace Skein.Agent.Images.Content;

/// <summary>Blobs in containerd, named by their digests; containerd verifies each when it is committed.</summary>
internal sealed class ContentStore(ContainerdClient containerd)
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>Of what is read whole, as of a registry's. A manifest may name anything as its config, a layer that is here too.</summary>
    private const int DocumentSizeMax = 4 << 20;

    /// <summary>null when the blob is not here.</summary>
    public async Task<Info?> FindAsync(string digest, CancellationToken cancel)
    {
        try
        {
            return (await containerd.Content.InfoAsync(new InfoRequest { Digest = digest }, cancellationToken: cancel)).Info;
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>A blob that is a document; null when it is not here.</summary>
    /// <exception cref="SkeinException">It is larger than documents are.</exception>
    public async Task<byte[]?> TryReadAsync(string digest, CancellationToken cancel)
    {
        if (await FindAsync(digest, cancel) is not { } info) return null;
        if (info.Size > DocumentSizeMax) throw SkeinException.Invalid($"{digest}: {info.Size} bytes are no document of an image");
        using var whole = new MemoryStream((int)info.Size);
        return await TryCopyAsync(digest, whole, cancel) ? whole.ToArray() : null;
    }

    /// <summary>False when the blob is not here.</summary>
    public async Task<bool> TryCopyAsync(string digest, Stream target, CancellationToken cancel)
    {
        try
        {
            using var call = containerd.Content.Read(new ReadContentRequest { Digest = digest }, cancellationToken: cancel);
            while (await call.ResponseStream.MoveNext(cancel)) await target.WriteAsync(call.ResponseStream.Current.Data.Memory, cancel);
            return true;
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
        {
            return false;
        }
    }

    /// <summary>A part of a blob that is here, piece by piece.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(string digest, long offset, long count, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var call = containerd.Content.Read(new ReadContentRequest { Digest = digest, Offset = offset, Size = count }, cancellationToken: cancel);
        while (await call.ResponseStream.MoveNext(cancel)) yield return call.ResponseStream.Current.Data.Memory;
    }

    /// <summary>Gives a blob that is here labels that it lacks.</summary>
    public async Task LabelAsync(Info present, LabelMap labels, CancellationToken cancel)
    {
        var lacking = labels.Where(label => !present.Labels.TryGetValue(label.Key, out var value) || value != label.Value).ToList();
        if (lacking.Count == 0) return;
        var info = new Info { Digest = present.Digest };
        var mask = new Google.Protobuf.WellKnownTypes.FieldMask();
        foreach (var (key, value) in lacking)
        {
            info.Labels[key] = value;
            mask.Paths.Add($"labels.{key}");
        }
        await containerd.Content.UpdateAsync(new UpdateRequest { Info = info, UpdateMask = mask }, cancellationToken: cancel);
    }

    public Task WriteAsync(OciDescriptor blob, byte[] content, LabelMap labels, CancellationToken cancel) =>
        WriteAsync(blob, labels, (offset, _) => Task.FromResult<Stream>(new MemoryStream(content, (int)offset, content.Length - (int)offset)), null, cancel);

    /// <summary>
    /// Writes a blob from where an earlier, broken write of it stands.
    /// </summary>
    /// <param name="open">The content from an offset on.</param>
    /// <param name="progress">Bytes written so far.</param>
    public async Task WriteAsync(
        OciDescriptor blob, LabelMap labels, Func<long, CancellationToken, Task<Stream>> open, Action<long>? progress, CancellationToken cancel)
    {
        var reference = $"skein-{blob.Digest}";
        try
        {
            using var call = containerd.Content.Write(cancellationToken: cancel);
            var offset = await BeginAsync(call, reference, blob, cancel);
            if (offset is null) return;
            var end = await CopyAsync(call, offset.Value, blob, open, progress, cancel);
            if (end != blob.Size) throw new EndOfStreamException($"{blob.Digest}: {end} of {blob.Size} bytes came");
            await CommitAsync(call, reference, blob, labels, cancel);
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.AlreadyExists)
        {
            // Another pull committed the same blob meanwhile.
        }
        catch (RpcException error) when (error.StatusCode is StatusCode.FailedPrecondition or StatusCode.OutOfRange)
        {
            // Not the bytes that the digest names: what is written so far is of no use to a later try either.
            await AbortAsync(reference);
            throw new SkeinException(ErrorKind.Internal, $"filesystem layer verification failed for digest {blob.Digest}", error);
        }
    }

    private static async Task<long?> BeginAsync(
        AsyncDuplexStreamingCall<WriteContentRequest, WriteContentResponse> call, string reference, OciDescriptor blob, CancellationToken cancel)
    {
        await call.RequestStream.WriteAsync(
            new WriteContentRequest { Action = WriteAction.Stat, Ref = reference, Total = blob.Size, Expected = blob.Digest }, cancel);
        return await call.ResponseStream.MoveNext(cancel) ? call.ResponseStream.Current.Offset : null;
    }

    private static async Task<long> CopyAsync(
        AsyncDuplexStreamingCall<WriteContentRequest, WriteContentResponse> call,
        long offset,
        OciDescriptor blob,
        Func<long, CancellationToken, Task<Stream>> open,
        Action<long>? progress,
        CancellationToken cancel)
    {
        if (offset >= blob.Size) return offset;
        await using var source = await open(offset, cancel);
        var buffer = new byte[Math.Min(ChunkBytes, blob.Size - offset + 1)];
        while (true)
        {
            var read = await source.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel);
            if (read == 0) return offset;
            await call.RequestStream.WriteAsync(
                new WriteContentRequest { Action = WriteAction.Write, Offset = offset, Data = UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(0, read)) }, cancel);
            // The buffer is used again only after containerd has answered for it.
            if (!await call.ResponseStream.MoveNext(cancel)) throw new EndOfStreamException("containerd ended the write");
            offset += read;
            progress?.Invoke(offset);
            // One that goes on would fill the disk.
            if (offset > blob.Size) return offset;
        }
    }

    private static async Task CommitAsync(
        AsyncDuplexStreamingCall<WriteContentRequest, WriteContentResponse> call, string reference, OciDescriptor blob, LabelMap labels, CancellationToken cancel)
    {
        var commit = new WriteContentRequest { Action = WriteAction.Commit, Ref = reference, Total = blob.Size, Offset = blob.Size, Expected = blob.Digest };
        foreach (var (key, value) in labels) commit.Labels[key] = value;
        await call.RequestStream.WriteAsync(commit, cancel);
        await call.RequestStream.CompleteAsync();
        while (await call.ResponseStream.MoveNext(cancel)) { }
    }

    private async Task AbortAsync(string reference)
    {
        try
        {
            await containerd.Content.AbortAsync(new AbortRequest { Ref = reference }, cancellationToken: CancellationToken.None);
        }
        catch (RpcException)
        {
            // It is gone or containerd is; the next write finds out.
        }
    }
}
