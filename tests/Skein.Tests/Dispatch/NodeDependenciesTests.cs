using Google.Protobuf;
using Skein.Agent.Session;
using Skein.Manager.Dispatch;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Validation;
using Skein.Tests.Store;
using Xunit;
using static Skein.Tests.Dispatch.SwarmSketch;

namespace Skein.Tests.Dispatch;

public class NodeDependenciesTests
{
    private readonly MemoryStore _store = new();
    private readonly NodeDependencies _dependencies = new();

    public NodeDependenciesTests() => _store.Commit(c =>
    {
        c.Put(Secret("key", "open"));
        c.Put(Secret("other", "closed"));
        c.Put(new Config { Id = "site", Spec = Spec("site", "listen 80") });
    });

    [Fact]
    public void A_node_is_told_what_its_live_tasks_need_once_and_nothing_else()
    {
        Assert.Equal("full", Told());
        Put("near", "n1", secret: "key", config: "site");
        Put("far", "n2", secret: "other");
        Assert.Equal("put key=open; put site=listen 80", Told());
        Put("near2", "n1", secret: "key");
        Assert.Equal("", Told());
        _store.Change("near", t => t.Status.State = TaskState.Failed);
        Assert.Equal("removed site", Told());
        _store.Change("near2", t => t.DesiredState = TaskState.Shutdown);
        Assert.Equal("removed key", Told());
    }

    [Fact]
    public void A_label_is_no_news_and_what_is_gone_is()
    {
        Put("near", "n1", secret: "key");
        Assert.Equal("full; put key=open", Told());
        _store.Commit(c =>
        {
            var labelled = _store.Current.Of(ObjectKind.Secret).Find("key")!.Clone();
            labelled.Spec.Annotations.Labels["a"] = "b";
            c.Put(labelled);
        });
        Assert.Equal("", Told());
        _store.Commit(c => c.Delete(ObjectKind.Secret, "key"));
        Assert.Equal("missing key", Told());
    }

    [Fact]
    public void A_tasks_credentials_are_told_until_it_is_prepared()
    {
        Assert.Equal("full", Told());
        var task = Task("near", "n1");
        task.Spec.Container.RegistryAuth = new() { Username = "reader", Password = "open sesame" };
        _store.Commit(c => c.Put(task));
        Assert.Equal("credentials near=open sesame", Told());
        _store.Change("near", t => t.Status.State = TaskState.Preparing);
        Assert.Equal("", Told());
        _store.Change("near", t => t.Status.State = TaskState.Ready);
        Assert.Equal("needs none near", Told());
    }

    [Fact]
    public void Large_ones_come_in_messages_that_a_node_takes()
    {
        var task = Task("near", "n1");
        _store.Commit(c =>
        {
            for (var i = 0; i < 12; i++)
            {
                c.Put(new Config { Id = $"c{i}", Spec = Spec($"c{i}", new string('x', 900_000)) });
                task.Spec.Container.Configs.Add(new DependencyReference { Id = $"c{i}", Name = $"c{i}", Target = $"f{i}" });
            }
            c.Put(task);
        });
        var parts = _dependencies.Next(_store.Current, _store.Current.TasksOfNode("n1"));
        Assert.All(parts, part => Assert.InRange(part.CalculateSize(), 1, MessageBounds.Enough + 1_000_000));
        Assert.Equal(12, parts.Sum(part => part.Put.Count));
        Assert.Equal([true, .. Enumerable.Repeat(false, parts.Count - 1)], parts.Select(part => part.Full));

        var contents = new DependencyContents();
        foreach (var part in parts) contents.Apply(part);
        Assert.Equal(12, contents.Look(Enumerable.Range(0, 12).Select(i => $"c{i}")).Known.Count);
        contents.Apply(new() { Full = true });
        Assert.Empty(contents.Look(["c1"]).Known);
    }

    private void Put(string id, string node, string? secret = null, string? config = null)
    {
        var task = Task(id, node);
        if (secret is not null) task.Spec.Container.Secrets.Add(new DependencyReference { Id = secret, Name = secret, Target = secret });
        if (config is not null) task.Spec.Container.Configs.Add(new DependencyReference { Id = config, Name = config, Target = config });
        _store.Commit(c => c.Put(task));
    }

    private string Told() => string.Join("; ", _dependencies.Next(_store.Current, _store.Current.TasksOfNode("n1")).SelectMany(Words));

    private static IEnumerable<string> Words(Dependencies told) =>
    [
        .. told.Full ? ["full"] : Array.Empty<string>(),
        .. told.Put.OrderBy(p => p.Id, StringComparer.Ordinal).Select(p => p.Missing ? $"missing {p.Id}" : $"put {p.Id}={p.Data.ToStringUtf8()}"),
        .. told.Removed.Select(id => $"removed {id}"),
        .. told.Credentials.Select(c => $"credentials {c.TaskId}={c.Registry.Password}"),
        .. told.RemovedCredentials.Select(id => $"needs none {id}"),
    ];

    private static Secret Secret(string id, string data) => new() { Id = id, Spec = Spec(id, data) };

    private static DependencySpec Spec(string name, string data) => new() { Annotations = new() { Name = name }, Data = ByteString.CopyFromUtf8(data) };
}
