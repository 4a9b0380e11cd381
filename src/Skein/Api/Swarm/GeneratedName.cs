using Skein.Model;

namespace Skein.Api.Swarm;

/// <summary>
/// A name for a service that was given none, of Docker's form: a quality and a scientist. 4096 of them; like Docker, a name that is
/// taken already is refused as any other and not drawn again.
/// </summary>
internal static class GeneratedName
{
    // 64 each, so that six bits of a random byte choose one, all with the same chance.
    private static readonly string[] s_qualities =
    [
        "able", "airy", "ample", "autumnal", "balanced", "brisk", "bubbly", "candid", "careful", "cheerful", "coastal", "concise", "constant",
        "cordial", "crisp", "curious", "daring", "decent", "diligent", "earnest", "even", "fabled", "fair", "fearless", "fluent", "fond",
        "frank", "gallant", "glowing", "graceful", "handy", "hardy", "hearty", "honest", "jaunty", "lively", "lucid", "mellow", "merry",
        "modest", "nimble", "noble", "orderly", "patient", "placid", "plucky", "polite", "prompt", "prudent", "quick", "ready", "rustic",
        "serious", "sincere", "sober", "steady", "sturdy", "subtle", "sunny", "tidy", "upright", "verbal", "warm", "witty",
    ];

    private static readonly string[] s_scientists =
    [
        "abel", "ampere", "avogadro", "baran", "bayes", "bernoulli", "boltzmann", "boole", "brahe", "cantor", "cauchy", "celsius", "coulomb",
        "dalton", "davy", "descartes", "dijkstra", "doppler", "eratosthenes", "fahrenheit", "fibonacci", "foucault", "fourier", "galois",
        "gray", "halley", "hamilton", "helmholtz", "herschel", "hilbert", "hooke", "humboldt", "huygens", "jacobi", "joule", "kirchhoff",
        "lagrange", "laplace", "leibniz", "linnaeus", "lorentz", "mach", "markov", "metcalfe", "millikan", "napier", "nyquist", "oersted",
        "ohm", "planck", "poisson", "postel", "rayleigh", "riemann", "rutherford", "shannon", "stokes", "sylvester", "thales", "torricelli",
        "vernier", "volta", "watt", "weierstrass",
    ];

    public static string From(IIdSource random)
    {
        Span<byte> drawn = stackalloc byte[2];
        random.Fill(drawn);
        return $"{s_qualities[drawn[0] % s_qualities.Length]}_{s_scientists[drawn[1] % s_scientists.Length]}";
    }
}
