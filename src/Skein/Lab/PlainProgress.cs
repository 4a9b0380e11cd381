namespace Skein.Lab;

/// <summary>One line for each thing done.</summary>
internal sealed class PlainProgress : ILabProgress
{
    public void Doing(string what)
    {
    }

    public void Done(string what) => Console.WriteLine(what);
}
