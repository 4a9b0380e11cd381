namespace Skein.Model.Identity;

/// <summary>When a certificate is renewed: at a random point between 50 and 80 % of its life, so that nodes that joined together don't ask together.</summary>
public static class RenewalTime
{
    public static DateTimeOffset Of(DateTimeOffset notBefore, DateTimeOffset notAfter, IIdSource random)
    {
        Span<byte> bytes = stackalloc byte[4];
        random.Fill(bytes);
        var share = 0.5 + (0.3 * (BitConverter.ToUInt32(bytes) / (double)uint.MaxValue));
        return notBefore + ((notAfter - notBefore) * share);
    }
}
