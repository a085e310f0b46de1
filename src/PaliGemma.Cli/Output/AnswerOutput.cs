using PaliGemma.Generation;
using PaliGemma.Imaging;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Output;

/// <summary>One way to print answers.</summary>
internal abstract class AnswerOutput
{
    /// <summary>A picture has been read, about which one or several answers follow.</summary>
    public virtual void BeginPicture(string file)
    {
    }

    /// <summary>An answer begins.</summary>
    public virtual void Begin(TaskPrompt task, RgbImage image)
    {
    }

    /// <summary>The answer's next token.</summary>
    public virtual void Take(GeneratedToken token)
    {
    }

    /// <summary>The answer is complete.</summary>
    public abstract void End(Answer answer);

    /// <summary>No more answers follow.</summary>
    public virtual void Complete()
    {
    }
}
