namespace Skein.ClusterTests.Model;

/// <summary>Requests that are refused whatever there is, each with the status that Docker gives: method path body.</summary>
internal static class BadRequests
{
    private static readonly (string Call, string Body, int Status)[] s_all =
    [
        ("POST /containers/create?name=-x", """{"Image":"busybox"}""", 400),
        ("POST /containers/create?name=zz", """{"Image":"nosuchimage"}""", 404),
        ("POST /containers/create?name=zz", "{", 400),
        ("POST /containers/create?name=zz", """{"Image":"busybox","HostConfig":{"Memory":1000}}""", 400),
        ("POST /containers/create?name=zz", """{"Image":"busybox","HostConfig":{"Binds":["relative:relative"]}}""", 400),
        ("POST /containers/create?name=zz", """{"Image":"busybox","HostConfig":{"NetworkMode":"container:nobody"}}""", 400),
        ("POST /containers/create?name=zz", "{}", 400),
        ("POST /containers/create?name=zz", """{"Image":"busybox","Entrypoint":[""]}""", 400),
        ("POST /containers/create?name=zz", """{"Image":"busybox","HostConfig":{"RestartPolicy":{"Name":"sometimes"}}}""", 400),
        ("POST /containers/create?name=zz", """{"Image":"busybox","HostConfig":{"AutoRemove":true,"RestartPolicy":{"Name":"always"}}}""", 400),
        ("POST /containers/nobody/start", "", 404),
        ("POST /containers/nobody/stop", "", 404),
        ("POST /containers/nobody/exec", """{"Cmd":["true"]}""", 404),
        ("GET /containers/nobody/logs?stdout=1", "", 404),
        ("GET /containers/json?filters=%7B%22nosuch%22%3A%5B%22x%22%5D%7D", "", 400),
        ("GET /containers/json?filters=%7B%22status%22%3A%5B%22asleep%22%5D%7D", "", 400),
        ("DELETE /networks/nowhere", "", 404),
        ("DELETE /networks/bridge", "", 403),
        ("POST /networks/create", """{"Name":""}""", 400),
        ("POST /networks/bridge/connect", """{"Container":"nobody"}""", 404),
        ("POST /volumes/create", """{"Name":"a/b"}""", 400),
        ("DELETE /volumes/nothing", "", 404),
        ("POST /exec/nobody/start", "{}", 404),
        ("DELETE /images/nosuchimage", "", 404),
    ];

    public static Step Draw(Func<int, int> below)
    {
        var at = below(s_all.Length);
        return new("bad", $"{at}", $"{s_all[at].Status}");
    }

    public static (string Call, string Body) Of(Step step)
    {
        var (call, body, _) = s_all[int.Parse(step.Subject, System.Globalization.CultureInfo.InvariantCulture)];
        return (call, body);
    }
}
