using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;

namespace Skein.Manager.Store;

/// <summary>
/// Seals what etcd keeps with one key, so that its files and its backups hold no secret: AES-256-GCM, the etcd key as associated
/// data, so that a value cannot be moved to another key. Form: key id (4 bytes) | nonce (12) | ciphertext | tag (16).
/// </summary>
public sealed class ValueSeal : IDisposable
{
    public const int KeySize = 32;
    private const int IdSize = 4;
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private readonly byte[] _keyId;
    private readonly AesGcm _aes;

    /// <param name="key">32 bytes, the same on every manager of the swarm.</param>
    public ValueSeal(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeySize) throw new ArgumentException($"the store's key has {key.Length} bytes, not {KeySize}", nameof(key));
        _keyId = SHA256.HashData(key)[..IdSize];
        (Key, Id) = (key.ToArray(), IdOfKey(key));
        _aes = new(key, TagSize);
    }

    public ReadOnlyMemory<byte> Key { get; }

    /// <summary>By which values and the state name the key; it tells nothing of it.</summary>
    public string Id { get; }

    internal static string IdOfKey(ReadOnlySpan<byte> key) => Convert.ToHexStringLower(SHA256.HashData(key).AsSpan(0, IdSize));

    /// <summary>Of the key that a value is sealed with.</summary>
    internal static string IdOf(ReadOnlySpan<byte> sealedValue) => Convert.ToHexStringLower(sealedValue.Length < IdSize ? [] : sealedValue[..IdSize]);

    internal ByteString Seal(string etcdKey, ReadOnlySpan<byte> value)
    {
        var sealedValue = new byte[IdSize + NonceSize + value.Length + TagSize];
        _keyId.CopyTo(sealedValue, 0);
        var nonce = sealedValue.AsSpan(IdSize, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        var text = sealedValue.AsSpan(IdSize + NonceSize, value.Length);
        lock (_aes) _aes.Encrypt(nonce, value, text, sealedValue.AsSpan(IdSize + NonceSize + value.Length), Encoding.UTF8.GetBytes(etcdKey));
        return UnsafeByteOperations.UnsafeWrap(sealedValue);
    }

    /// <exception cref="SealBrokenException">Sealed with another key, for another etcd key, or altered.</exception>
    internal byte[] Open(string etcdKey, ReadOnlySpan<byte> sealedValue)
    {
        if (sealedValue.Length < IdSize + NonceSize + TagSize) throw new SealBrokenException(etcdKey, "it is too short");
        if (!sealedValue[..IdSize].SequenceEqual(_keyId)) throw new SealBrokenException(etcdKey, "it was sealed with another key");
        var value = new byte[sealedValue.Length - IdSize - NonceSize - TagSize];
        try
        {
            var text = sealedValue.Slice(IdSize + NonceSize, value.Length);
            lock (_aes) _aes.Decrypt(sealedValue.Slice(IdSize, NonceSize), text, sealedValue[^TagSize..], value, Encoding.UTF8.GetBytes(etcdKey));
        }
        catch (AuthenticationTagMismatchException)
        {
            throw new SealBrokenException(etcdKey, "it was altered, or belongs to another key of etcd");
        }
        return value;
    }

    public void Dispose() => _aes.Dispose();
}
