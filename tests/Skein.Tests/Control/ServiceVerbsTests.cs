using Skein.Manager.Control;
using Skein.Manager.Store;
using Skein.Model;
using Xunit;
using static Skein.Tests.Control.ControlWorld;

namespace Skein.Tests.Control;

public class ServiceVerbsTests
{
    private readonly ControlWorld _world = new();

    [Theory]
    [InlineData("", "meta: name must be provided")]
    [InlineData("-web", "name must be valid as a DNS name component")]
    [InlineData("we b", "name must be valid as a DNS name component")]
    [InlineData("web.", "name must be valid as a DNS name component")]
    [InlineData("a23456789012345678901234567890123456789012345678901234567890abcd", "name must be 63 characters or fewer")]
    public async Task A_bad_name_is_refused(string name, string why) =>
        Assert.Equal($"rpc error: code = InvalidArgument desc = {why}", await Refusal(Httpd(name), ErrorKind.InvalidArgument));

    [Theory]
    [InlineData("", "ContainerSpec: image reference must be provided")]
    [InlineData("Httpd", "ContainerSpec: \"Httpd\" is not a valid repository/tag")]
    [InlineData("httpd:", "ContainerSpec: \"httpd:\" is not a valid repository/tag")]
    [InlineData("a//b", "ContainerSpec: \"a//b\" is not a valid repository/tag")]
    public async Task A_bad_image_is_refused(string image, string why)
    {
        var spec = Httpd();
        spec.Task.Container.Image = image;
        Assert.Equal($"rpc error: code = InvalidArgument desc = {why}", await Refusal(spec, ErrorKind.InvalidArgument));
    }

    [Fact]
    public async Task A_job_has_no_update_config_and_runs_again_with_each_update()
    {
        var job = Httpd("job");
        job.ReplicatedJob = new() { MaxConcurrent = 1, TotalCompletions = 1 };
        job.Update = new() { Parallelism = 1 };
        Assert.Equal(
            "rpc error: code = InvalidArgument desc = Jobs may not have an update config",
            await MessageOf(() => _world.Control.CreateServiceAsync(job, default), ErrorKind.InvalidArgument));
        job.Update = null;
        var created = await _world.Control.CreateServiceAsync(job, default);
        Assert.Equal(0ul, created.JobStatus.Iteration);
        _world.Time.Advance(TimeSpan.FromMinutes(1));
        var updated = await _world.Control.UpdateServiceAsync("job", created.Meta.Version, job, RegistryAuthSource.Spec, rollback: false, default);
        Assert.Equal((1ul, _world.Time.GetUtcNow(), (UpdateStatus?)null), (updated.JobStatus.Iteration, updated.JobStatus.LastExecution.ToDateTimeOffset(), updated.UpdateStatus));
        var back = await _world.Control.UpdateServiceAsync("job", updated.Meta.Version, new(), RegistryAuthSource.Spec, rollback: true, default);
        Assert.Equal((2ul, (UpdateStatus?)null), (back.JobStatus.Iteration, back.UpdateStatus));
        Assert.Null((await _world.Control.CreateServiceAsync(Httpd("web"), default)).JobStatus);
    }

    [Fact]
    public async Task What_is_too_large_for_the_managers_is_refused_in_swarmkits_words()
    {
        var spec = Httpd();
        spec.Annotations.Labels["large"] = new('x', (3 << 19) - 1000);
        var service = await _world.Control.CreateServiceAsync(spec, default);
        // The earlier spec is kept with the new one.
        Assert.Equal(
            "rpc error: code = Unknown desc = raft: raft message is too large and can't be sent",
            await MessageOf(() => _world.UpdateAsync(service, next => next.Annotations.Labels["small"] = "x"), ErrorKind.Internal));
        spec.Annotations.Name = "httpd2";
        spec.Annotations.Labels["more"] = new('x', 1000);
        Assert.Equal("rpc error: code = Unknown desc = raft: raft message is too large and can't be sent", await Refusal(spec, ErrorKind.Internal));
    }

    [Fact]
    public async Task Writes_that_wait_behind_one_in_vain_fail_with_it()
    {
        var silent = new SilentStore(_world.Store);
        using var control = new SwarmControl(silent, new CryptoIdSource(), _world.Time, null!, null!);
        var first = control.CreateServiceAsync(Httpd("a"), default);
        var others = Enumerable.Range(0, 5).Select(i => control.CreateServiceAsync(Httpd($"b{i}"), default)).ToList();

        _world.Time.Advance(TimeSpan.FromSeconds(10));
        silent.Answer.SetException(RpcError.NoLeader());

        foreach (var write in others.Prepend(first))
            Assert.Equal(RpcError.NoLeader().Message, (await Assert.ThrowsAsync<SkeinException>(() => write).WaitAsync(Poll.Patience)).Message);
        Assert.Equal(1, silent.Commits);
    }

    [Theory]
    [InlineData("httpd")]
    [InlineData("localhost:5000/a/b_c:v1.2")]
    [InlineData("Registry.example.com/web@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("httpd:2.4@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("[::1]:5000/web")]
    public async Task A_good_image_is_taken(string image)
    {
        var spec = Httpd();
        spec.Task.Container.Image = image;
        Assert.Equal(image, (await _world.Control.CreateServiceAsync(spec, default)).Spec.Task.Container.Image);
    }

    public static TheoryData<string, Action<ServiceSpec>> BadSpecs => new()
    {
        { "invalid cpu value 0.0005: Must be at least 0.001", s => s.Task.Resources = new() { Limits = new() { NanoCpus = 500_000 } } },
        { "invalid memory value 1000: Must be at least 4MiB", s => s.Task.Resources = new() { Reservations = new() { MemoryBytes = 1000 } } },
        { "TaskSpec: restart-delay cannot be negative", s => s.Task.Restart = new() { Delay = -1 } },
        { "TaskSpec: update-delay cannot be negative", s => s.Update = new() { Delay = -1 } },
        { "TaskSpec: update-maxfailureratio cannot be less than 0 or bigger than 1", s => s.Update = new() { MaxFailureRatio = 1.5 } },
        { "ContainerSpec: duplicate mount point: /data", s => s.Task.Container.Mounts.Add([new Mount { Target = "/data" }, new Mount { Target = "/data" }]) },
        { "ContainerSpec: Interval in HealthConfig cannot be less than 1ms", s => s.Task.Container.Healthcheck = new() { Interval = 10 } },
        { "Unrecognized service mode", s => s.ClearMode() },
        { "EndpointSpec: duplicate published ports provided", s => s.Endpoint = new() { Ports = { Port(80, 80), Port(80, 81) } } },
        { "EndpointSpec: port published with ingress mode can't be used with dnsrr mode", s => s.Endpoint = new() { Mode = EndpointMode.Dnsrr, Ports = { Port(80, 80) } } },
        { "Service cannot be explicitly attached to the ingress network \"ingress\"", s => s.Task.Networks.Add(new NetworkAttachmentConfig { Target = "ingress" }) },
    };

    [Theory]
    [MemberData(nameof(BadSpecs), DisableDiscoveryEnumeration = true)]
    public async Task A_bad_spec_is_refused_and_nothing_is_stored(string why, Action<ServiceSpec> spoil)
    {
        var spec = Httpd();
        spoil(spec);
        Assert.Equal($"rpc error: code = InvalidArgument desc = {why}", await Refusal(spec, ErrorKind.InvalidArgument));
        Assert.Equal(0, _world.Store.Current.Services.Count);
    }

    [Fact]
    public async Task An_update_that_gives_no_credentials_keeps_those_there_are()
    {
        var spec = Httpd();
        spec.Task.Container.RegistryAuth = new() { Username = "first" };
        var service = await _world.Control.CreateServiceAsync(spec, default);

        // A client sends back what it was shown, and credentials never are.
        service = await UpdateAsync(service, null, RegistryAuthSource.Spec);
        Assert.Equal("first", service.Spec.Task.Container.RegistryAuth.Username);
        service = await UpdateAsync(service, "second", RegistryAuthSource.Given);
        Assert.Equal("second", service.Spec.Task.Container.RegistryAuth.Username);
        service = await UpdateAsync(service, null, RegistryAuthSource.PreviousSpec);
        Assert.Equal("first", service.Spec.Task.Container.RegistryAuth.Username);
        service = await UpdateAsync(service, null, RegistryAuthSource.Given);
        Assert.Null(service.Spec.Task.Container.RegistryAuth);

        var fresh = await _world.Control.CreateServiceAsync(Httpd("fresh"), default);
        Assert.Equal(
            "service does not have a previous spec", await MessageOf(() => UpdateAsync(fresh, null, RegistryAuthSource.PreviousSpec), ErrorKind.Internal));

        Task<Service> UpdateAsync(Service service, string? user, RegistryAuthSource source)
        {
            var next = service.Spec.Clone();
            next.Task.Container.RegistryAuth = user is null ? null : new() { Username = user };
            return _world.Control.UpdateServiceAsync(service.Id, service.Meta.Version, next, source, false, default);
        }
    }

    [Fact]
    public async Task A_taken_name_is_a_conflict()
    {
        await _world.Control.CreateServiceAsync(Httpd(), default);
        Assert.Equal(
            "rpc error: code = AlreadyExists desc = name conflicts with an existing object: service httpd already exists",
            await Refusal(Httpd(), ErrorKind.Conflict));
    }

    [Fact]
    public async Task Networks_are_stored_by_id_and_once()
    {
        var spec = Httpd();
        spec.Task.Networks.Add([new NetworkAttachmentConfig { Target = "front" }, new NetworkAttachmentConfig { Target = "net-front" }]);
        var service = await _world.Control.CreateServiceAsync(spec, default);
        Assert.Equal(["net-front"], service.Spec.Task.Networks.Select(n => n.Target));
    }

    [Fact]
    public async Task An_unknown_network_is_named()
    {
        var spec = Httpd();
        spec.Task.Networks.Add(new NetworkAttachmentConfig { Target = "nowhere" });
        Assert.Equal("network nowhere not found", await Refusal(spec, ErrorKind.NotFound));
    }

    [Fact]
    public async Task Two_services_cannot_take_one_port()
    {
        var first = await _world.Control.CreateServiceAsync(Httpd("one", Port(8080, 80)), default);
        Assert.Equal(
            $"rpc error: code = InvalidArgument desc = port '8080' is already in use by service 'one' ({first.Id}) as an ingress port",
            await Refusal(Httpd("two", Port(8080, 81)), ErrorKind.InvalidArgument));
        var host = await _world.Control.CreateServiceAsync(Httpd("host", Port(9090, 80, PublishMode.Host)), default);
        await _world.Control.CreateServiceAsync(Httpd("host2", Port(9090, 80, PublishMode.Host)), default);
        Assert.Equal(
            $"rpc error: code = InvalidArgument desc = port '9090' is already in use by service 'host' ({host.Id}) as a host-published port",
            await Refusal(Httpd("mesh", Port(9090, 80)), ErrorKind.InvalidArgument));
    }

    [Fact]
    public async Task Of_two_managers_taking_one_port_at_once_the_later_is_refused()
    {
        var other = _world.NewManager();
        var raced = false;
        _world.Store.BeforeCommit = _ =>
        {
            if (raced) return;
            raced = true;
            other.CreateServiceAsync(Httpd("faster", Port(8080, 80)), default).GetAwaiter().GetResult();
        };
        var refusal = await Refusal(Httpd("slower", Port(8080, 80)), ErrorKind.InvalidArgument);
        Assert.Contains("already in use by service 'faster'", refusal);
        Assert.Equal(["faster"], _world.Store.Current.Services.All.Select(s => s.Spec.Annotations.Name));
    }

    [Fact]
    public async Task One_whose_making_was_not_confirmed_is_there_and_no_conflict_with_itself()
    {
        _world.Store.BeforeCommit = changes =>
        {
            _world.Store.BeforeCommit = null;
            var service = changes.All.Select(c => c.Object).OfType<Service>().Single();
            _world.Store.Commit(c => c.Put(service));
            // The leader was quicker than the second attempt: what is found is no more what was sent.
            var allocated = _world.Store.Current.Services.Find(service.Id)!.Clone();
            allocated.Endpoint = new();
            _world.Store.Commit(c => c.Put(allocated));
            throw new SequenceConflictException();
        };
        var created = await _world.Control.CreateServiceAsync(Httpd("web", Port(8080, 80)), default);
        Assert.NotNull(created.Endpoint);
        Assert.Single(_world.Store.Current.Services.All);
    }

    [Fact]
    public async Task An_update_keeps_the_previous_spec_and_counts_only_what_tasks_are_made_from()
    {
        var created = await _world.Control.CreateServiceAsync(Httpd(), default);
        var scaled = await _world.UpdateAsync(created, s => s.Replicated.Replicas = 4);
        Assert.Equal(created.SpecVersion, scaled.SpecVersion);
        Assert.Equal(2ul, scaled.PreviousSpec.Replicated.Replicas);

        var updated = await _world.UpdateAsync(scaled, s => s.Task.ForceUpdate++);
        Assert.True(updated.SpecVersion > scaled.SpecVersion);

        var back = await _world.Control.UpdateServiceAsync(updated.Id, updated.Meta.Version, new(), RegistryAuthSource.Spec, rollback: true, default);
        Assert.Equal(scaled.SpecVersion, back.SpecVersion);
        Assert.Equal(UpdateState.RollbackStarted, back.UpdateStatus.State);
        Assert.Equal("manually requested rollback", back.UpdateStatus.Message);

        var again = await _world.UpdateAsync(back, s => s.Task.Container.Env.Add("A=1"));
        Assert.True(again.SpecVersion > updated.SpecVersion, "a number used before the rollback came again");
    }

    [Fact]
    public async Task An_update_with_an_old_version_is_out_of_sequence()
    {
        var created = await _world.Control.CreateServiceAsync(Httpd(), default);
        await _world.UpdateAsync(created, s => s.Replicated.Replicas = 3);
        Assert.Equal(
            "rpc error: code = Unknown desc = update out of sequence",
            await MessageOf(() => _world.UpdateAsync(created, s => s.Replicated.Replicas = 5), ErrorKind.Internal));
    }

    [Fact]
    public async Task Name_and_mode_stay_what_they_are()
    {
        var created = await _world.Control.CreateServiceAsync(Httpd(), default);
        Assert.Equal(
            "rpc error: code = Unimplemented desc = renaming services is not supported",
            await MessageOf(() => _world.UpdateAsync(created, s => s.Annotations.Name = "web"), ErrorKind.NotImplemented));
        Assert.Equal(
            "rpc error: code = Unimplemented desc = service mode change is not allowed",
            await MessageOf(() => _world.UpdateAsync(created, s => s.Global = new()), ErrorKind.NotImplemented));
        Assert.Equal(
            $"rpc error: code = FailedPrecondition desc = service {created.Id} does not have a previous spec",
            await MessageOf(() => _world.Control.UpdateServiceAsync("httpd", created.Meta.Version, new(), RegistryAuthSource.Spec, true, default), ErrorKind.InvalidArgument));
    }

    [Fact]
    public async Task A_service_is_found_by_id_name_or_beginning()
    {
        var one = await _world.Control.CreateServiceAsync(Httpd("one"), default);
        await _world.Control.CreateServiceAsync(Httpd("two"), default);
        Assert.Equal("one", _world.Control.Find(ObjectKind.Service, one.Id).Spec.Annotations.Name);
        Assert.Equal("two", _world.Control.Find(ObjectKind.Service, "two").Spec.Annotations.Name);
        Assert.Equal("service id0 is ambiguous (2 matches found)", Assert.Throws<SkeinException>(() => _world.Control.Find(ObjectKind.Service, "id0")).Message);
        Assert.Equal("service x not found", Assert.Throws<SkeinException>(() => _world.Control.Find(ObjectKind.Service, "x")).Message);
        await _world.Control.RemoveServiceAsync("two", default);
        Assert.Equal("service two not found", await MessageOf(() => _world.Control.RemoveServiceAsync("two", default), ErrorKind.NotFound));
    }

    private Task<string> Refusal(ServiceSpec spec, ErrorKind kind) => MessageOf(() => _world.Control.CreateServiceAsync(spec, default), kind);
}
