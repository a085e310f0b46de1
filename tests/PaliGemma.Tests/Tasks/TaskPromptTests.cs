using FsCheck.Xunit;
using PaliGemma.Tasks;

namespace PaliGemma.Tests.Tasks;

public class TaskPromptTests
{
    private static readonly BoundingBox Region = new(100 / 1023f, 200 / 1023f, 300 / 1023f, 400 / 1023f);

    /// <summary>Tasks of the pre-trained model and their prompts, as the reference writes them.</summary>
    public static TheoryData<TaskPrompt, string> Prompts => new()
    {
        { new CaptionPrompt("es"), "caption es" },
        { new CaptionPrompt("en", CaptionStyle.Cap), "cap en" },
        { new CaptionPrompt("fil", CaptionStyle.Describe), "describe fil" },
        { new RegionCaptionPrompt(Region), "caption <loc0100><loc0200><loc0300><loc0400>" },
        { new OcrPrompt(), "ocr" },
        { new AnswerPrompt("what color is the car?", "en"), "answer en what color is the car?" },
        { new QuestionPrompt("a red car", "de"), "question de a red car" },
        { new DetectPrompt("cat"), "detect cat" },
        { new DetectPrompt("cat", "big dog, asleep", "猫"), "detect cat ; big dog, asleep ; 猫" },
        { new SegmentPrompt("cat", "dog"), "segment cat ; dog" },
        { new FreePrompt("How many cats are there?"), "How many cats are there?" },
    };

    /// <summary>Prompts that look like a task and are not, to the letter, one of it.</summary>
    public static TheoryData<string> NearlyTasks =>
    [
        "", "caption", "caption xx", "caption EN", "caption en ", "caption  en", "ocr ", "OCR", "detect", "detect ",
        "detect cat;dog", "detect cat ; ", "detect  cat", "segment <loc0001>", "caption <loc0100><loc0200><loc0300>",
        "caption <loc0100><loc0200><loc0300><loc0400> en", "answer xx why?",
    ];

    [Theory]
    [MemberData(nameof(Prompts))]
    public void A_task_has_the_references_prompt(TaskPrompt task, string text) => Assert.Equal(text, task.Text);

    [Theory]
    [MemberData(nameof(Prompts))]
    public void A_prompt_is_read_back_as_its_task(TaskPrompt task, string text)
    {
        Assert.Equal(task, TaskPrompt.Parse(text));
        Assert.Equal(task.GetHashCode(), TaskPrompt.Parse(text).GetHashCode());
    }

    [Theory]
    [MemberData(nameof(NearlyTasks))]
    public void What_is_no_task_to_the_letter_is_a_free_prompt(string text) => Assert.Equal(new FreePrompt(text), TaskPrompt.Parse(text));

    [Property(MaxTest = 500)]
    public bool Reading_a_prompt_never_changes_its_text(string? verb, string? rest, int choice)
    {
        string[] verbs = ["cap", "caption", "describe", "ocr", "answer", "question", "detect", "segment", verb ?? ""];
        string text = $"{verbs[(uint)choice % verbs.Length]} {(choice % 2 == 0 ? "en " : "")}{rest}";
        return TaskPrompt.Parse(text).Text == text;
    }

    [Fact]
    public void Fine_tuned_checkpoints_are_asked_in_their_own_forms()
    {
        Assert.Equal("left boy in blue", new ReferringExpressionPrompt("left boy in blue").Text);
        Assert.Equal("answer en  Which one? choose from: a \t b", new MultipleChoicePrompt("Which one?", ["a", "b"]).Text);
        Assert.Equal(
            "Question: Which?\nContext: Two things.\nOptions: (A) this, (B) that\nAnswer:",
            new ScienceQuestionPrompt("Which?", "Two things.", ["this", "that"]).Text);
    }

    [Fact]
    public void A_language_that_the_model_does_not_know_is_refused_with_those_it_knows()
    {
        Func<TaskPrompt>[] creators =
            [() => new CaptionPrompt("xx"), () => new AnswerPrompt("?", "xx"), () => new QuestionPrompt("a", "xx")];
        foreach (Func<TaskPrompt> create in creators)
        {
            string message = Assert.Throws<ArgumentException>(create).Message;
            Assert.Contains("'xx'", message, StringComparison.Ordinal);
            Assert.Contains("ar, bn, cs", message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("caption xx", "xx")]
    [InlineData("cap jp", "jp")]
    [InlineData("describe deu", "deu")]
    [InlineData("caption EN", "EN")]
    [InlineData("caption en-US", "en-US")]
    [InlineData("answer xx why?", "xx")]
    [InlineData("question pt_br a car", "pt_br")]
    [InlineData("caption en", null)]
    [InlineData("caption fil", null)]
    [InlineData("answer en why?", null)]
    [InlineData("answer why is it red?", null)]
    [InlineData("caption this picture", null)]
    [InlineData("caption <loc0100><loc0200><loc0300><loc0400>", null)]
    [InlineData("detect xx", null)]
    [InlineData("caption", null)]
    [InlineData("", null)]
    public void The_code_of_a_language_that_the_model_does_not_know_is_noticed_in_a_free_prompt(string prompt, string? code)
    {
        string? fault = TaskLanguage.FaultOf(prompt);
        Assert.Equal(code is null ? null : $"PaliGemma was not trained to answer in '{code}'; it knows ar", fault?.Split(',')[0]);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" cat")]
    [InlineData("cat;dog")]
    [InlineData("cat\ndog")]
    [InlineData("cat<loc0000>")]
    [InlineData("<seg000>")]
    public void What_could_not_be_a_label_in_the_answer_cannot_be_looked_for(string thing)
    {
        Assert.Throws<ArgumentException>(() => new DetectPrompt("cat", thing));
        Assert.Throws<ArgumentException>(() => new SegmentPrompt(thing));
    }

    [Fact]
    public void Looking_for_nothing_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new DetectPrompt());
        Assert.Throws<ArgumentException>(() => ObjectPrompt.ReadThings(" ; "));
        Assert.Throws<ArgumentException>(() => new ReferringExpressionPrompt(""));
        Assert.Throws<ArgumentException>(() => new ReferringExpressionPrompt("left\nboy"));
    }

    [Fact]
    public void Things_are_read_as_people_type_them() => Assert.Equal(["cat", "big dog"], ObjectPrompt.ReadThings("cat;  big dog ;"));
}
