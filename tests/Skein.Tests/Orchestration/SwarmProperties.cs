using CsCheck;
using Skein.Manager.Store;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Orchestration;

/// <summary>Whatever happens in whatever order: once it is quiet, the swarm is as it was asked to be, and stays so without a write.</summary>
public class SwarmProperties
{
    private static readonly string[] Nodes = ["n1", "n2", "n3"];
    private static readonly string[] Services = ["s1", "s2", "s3"];

    private static readonly Gen<(int What, int Which, int HowMany)[]> Events =
        Gen.Select(Gen.Int[0, 11], Gen.Int[0, 2], Gen.Int[0, 6]).Array[1, 25];

    [Fact]
    public void After_any_events_and_a_quiet_time_the_wish_is_fulfilled() =>
        Events.Sample(
            events =>
            {
                var swarm = NewSwarm();
                foreach (var e in events) Happen(swarm, e);
                swarm.Ends("bad", TaskState.Running);
                foreach (var node in Nodes) swarm.Up(node);
                swarm.Pass(600);
                CheckRunning(swarm);
                CheckAddresses(swarm);
                var before = swarm.Current.Revision;
                swarm.Pass(3600);
                Assert.Equal(before, swarm.Current.Revision);
            },
            iter: 300,
            threads: 1);

    [Fact]
    public void At_no_time_do_two_hold_one_address_or_two_wanted_tasks_a_slot_without_an_update() =>
        Events.Sample(
            events =>
            {
                var swarm = NewSwarm();
                foreach (var e in events)
                {
                    Happen(swarm, e, check: () =>
                    {
                        CheckAddresses(swarm);
                        foreach (var slot in swarm.Tasks.Where(t => t.DesiredState <= TaskState.Running && t.Slot > 0).GroupBy(t => (t.ServiceId, t.Slot)))
                            Assert.True(slot.Count() == 1, $"slot {slot.Key} has {slot.Count()} wanted tasks:\n{swarm.Ps(slot.Key.ServiceId)}");
                    });
                }
            },
            iter: 200,
            threads: 1);

    private static SwarmWorld NewSwarm()
    {
        var swarm = new SwarmWorld(nodes: 3) { Tracing = false };
        swarm.AddNetwork("ingress", n => n.Ingress = true);
        swarm.AddNetwork("net", n => n.Ipam.Add(new IpamConfig { Subnet = "10.9.0.0/27" }));
        return swarm;
    }

    private static void Happen(SwarmWorld swarm, (int What, int Which, int HowMany) e, Action? check = null)
    {
        var (what, which, howMany) = e;
        var (node, service) = (Nodes[which], Services[which]);
        var exists = swarm.Current.Services.Find(service) is not null;
        switch (what)
        {
            case 0 or 1 when !exists: Create(swarm, service, which, (ulong)howMany); break;
            case 0 or 1 when which != 2: swarm.Scale(service, (ulong)howMany); break;
            case 2 when exists: swarm.Remove(ObjectKind.Service, service); break;
            case 3: swarm.Down(node); break;
            case 4: swarm.Up(node); break;
            case 5: swarm.Drain(node); break;
            case 6 or 7: swarm.Activate(node); break;
            case 8 when exists: swarm.Update(service, s => s.Task.Container.Image = howMany < 2 ? "bad" : $"v{howMany}"); break;
            case 9:
                if (swarm.Tasks.Where(t => t.Status.State == TaskState.Running).Skip(howMany).FirstOrDefault() is { } victim) swarm.Report(victim.Id, TaskState.Failed);
                break;
            case 10: swarm.NodesIdle = true; break;
            case 11: swarm.Pass(howMany * 2); break;
        }
        swarm.Ends("bad", TaskState.Rejected);
        for (var i = 0; i < 50 && (swarm.Batch() || swarm.NodesWork()); i++) check?.Invoke();
        swarm.NodesIdle = false;
    }

    private static void Create(SwarmWorld swarm, string id, int which, ulong replicas) =>
        swarm.AddService(id, which == 2 ? null : replicas, s =>
        {
            s.Task.Networks.Add(new NetworkAttachmentConfig { Target = "net" });
            s.Update = new() { Parallelism = 2, FailureAction = "continue" };
            if (which == 1) s.Endpoint.Ports.Add(new PortConfig { TargetPort = 80 });
        });

    private static void CheckRunning(SwarmWorld swarm)
    {
        foreach (var service in swarm.Current.Services.All)
        {
            var active = swarm.Current.Nodes.All.Count(n => n.Spec.Availability == NodeAvailability.Active);
            var wanted = service.Spec.Replicated is { } replicated ? (active == 0 ? 0 : (int)replicated.Replicas) : active;
            var running = swarm.Tasks.Count(t => t.ServiceId == service.Id && t.Status.State == TaskState.Running && t.DesiredState == TaskState.Running);
            Assert.True(wanted == running, $"{service.Id}: {running} of {wanted} run ({service.AllocationError}):\n{swarm.Ps(service.Id)}");
        }
        Assert.DoesNotContain(swarm.Tasks, t => t.Status.State == TaskState.Running && t.DesiredState > TaskState.Running);
        Assert.DoesNotContain(swarm.Tasks, t => swarm.Current.Services.Find(t.ServiceId) is null);
    }

    private static void CheckAddresses(SwarmWorld swarm)
    {
        var held = swarm.Tasks.Where(t => t.Status.State <= TaskState.Running).SelectMany(t => t.Networks.SelectMany(n => n.Addresses.Select(a => (a, Owner: t.Id))))
            .Concat(swarm.Current.Services.All.SelectMany(s => s.Endpoint?.VirtualIps.SelectMany(v => v.Addresses.Select(a => (a, Owner: s.Id))) ?? []))
            .Concat(swarm.Current.Nodes.All.SelectMany(n => n.Ingress?.Addresses.Select(a => (a, Owner: n.Id)) ?? []));
        foreach (var address in held.GroupBy(h => h.a))
            Assert.True(address.Count() == 1, $"{address.Key} is held by {string.Join(" and ", address.Select(h => h.Owner))}");
    }
}
