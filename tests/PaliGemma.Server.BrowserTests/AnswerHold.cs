namespace PaliGemma.Server.BrowserTests;

/// <summary>Keeps an answer from going on for a while, so that a test sees it half made.</summary>
/// <param name="prompt">Whose answer.</param>
/// <param name="tokens">How much of it may be made.</param>
internal sealed class AnswerHold(string prompt, int tokens) : IDisposable
{
    /// <summary>Longer than a test takes, however busy the machine is; a test that fails releases the answer too.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private readonly ManualResetEventSlim _released = new();

    public void Pass(string asked, int made)
    {
        if (asked == prompt && made >= tokens)
        {
            _released.Wait(Longest);
        }
    }

    public void Dispose() => _released.Set();
}
