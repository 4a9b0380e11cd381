using System.Security.Cryptography;
using Skein.Manager.Store;
using Xunit;

namespace Skein.Tests.Store;

public class ValueSealTests
{
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(32);
    private readonly ValueSeal _seal = new(Key);

    [Fact]
    public void What_was_sealed_is_opened_under_its_own_key_alone()
    {
        var value = "value"u8.ToArray();
        var sealedValue = _seal.Seal("/a", value).ToByteArray();

        Assert.Equal(value, new ValueSeal(Key).Open("/a", sealedValue));
        Assert.Throws<SealBrokenException>(() => _seal.Open("/b", sealedValue));
        Assert.Throws<SealBrokenException>(() => new ValueSeal(RandomNumberGenerator.GetBytes(32)).Open("/a", sealedValue));
    }

    [Fact]
    public void A_single_altered_bit_is_found_wherever_it_is()
    {
        var sealedValue = _seal.Seal("/a", "value"u8).ToByteArray();
        for (var i = 0; i < sealedValue.Length; i++)
        {
            var altered = sealedValue.ToArray();
            altered[i] ^= 1;
            Assert.Throws<SealBrokenException>(() => _seal.Open("/a", altered));
        }
        Assert.Throws<SealBrokenException>(() => _seal.Open("/a", sealedValue.AsSpan(0, 20)));
    }

    [Fact]
    public void Two_seals_of_one_value_differ() => Assert.NotEqual(_seal.Seal("/a", "value"u8), _seal.Seal("/a", "value"u8));
}
