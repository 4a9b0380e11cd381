namespace Skein.Lab;

/// <summary>Where the lab says what it does: a live line on a terminal, plain lines elsewhere.</summary>
internal interface ILabProgress
{
    void Doing(string what);

    void Done(string what);
}
