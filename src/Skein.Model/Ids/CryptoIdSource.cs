using System.Numerics;
using System.Security.Cryptography;

namespace Skein.Model;

/// <summary>Ids from the operating system's random source.</summary>
public sealed class CryptoIdSource : IIdSource
{
    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";
    private const int IdLength = 25;

    public string NewId()
    {
        Span<byte> bytes = stackalloc byte[17];   // 25 base-36 digits hold 129.2 bits
        RandomNumberGenerator.Fill(bytes);
        var value = new BigInteger(bytes, isUnsigned: true);
        Span<char> text = stackalloc char[IdLength];
        for (var i = IdLength - 1; i >= 0; i--)
        {
            value = BigInteger.DivRem(value, 36, out var digit);
            text[i] = Digits[(int)digit];
        }
        return new string(text);
    }

    public string NewContainerId() => RandomNumberGenerator.GetHexString(64, lowercase: true);

    public void Fill(Span<byte> bytes) => RandomNumberGenerator.Fill(bytes);
}
