using CsCheck;
using Skein.Agent.Images.Registry;
using Xunit;

namespace Skein.Tests.Images;

public class AuthChallengeTests
{
    [Fact]
    public void Bearer_carries_realm_service_and_scope()
    {
        var challenge = Assert.Single(AuthChallenge.Parse(
            "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\",scope=\"repository:library/httpd:pull,push\""));
        Assert.True(challenge.IsBearer);
        Assert.Equal("https://auth.docker.io/token", challenge["realm"]);
        Assert.Equal("registry.docker.io", challenge["service"]);
        Assert.Equal("repository:library/httpd:pull,push", challenge["scope"]);
        Assert.Equal("", challenge["error"]);
    }

    [Fact]
    public void Several_challenges_stand_in_one_line()
    {
        var challenges = AuthChallenge.Parse("Negotiate, Basic realm=\"a \\\"b\\\"\", bearer Realm=x , service = y");
        Assert.Equal(["Negotiate", "Basic", "bearer"], challenges.Select(c => c.Scheme));
        Assert.Equal("a \"b\"", challenges[1]["realm"]);
        Assert.Equal("x", challenges[2]["realm"]);
        Assert.Equal("y", challenges[2]["service"]);
    }

    [Fact]
    public void Anything_at_all_is_read_to_its_end() =>
        Gen.String[Gen.Char["Bearer =\",\\\tabc"], 0, 40].Sample(text => AuthChallenge.Parse(text) is not null);
}
