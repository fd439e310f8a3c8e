package io.github.weirml;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.apache.flink.annotation.Internal;
import org.apache.flink.annotation.PublicEvolving;
import org.junit.jupiter.api.Test;

/** What may know what. */
class ArchitectureTest {
    private static final JavaClasses CLASSES =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages("io.github.weirml");

    @Test
    void theClientKnowsNothingOfFlink() {
        noClasses()
                .that()
                .resideInAPackage("io.github.weirml.client..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.apache.flink..", "io.github.weirml.flink..", "org.slf4j..")
                .check(CLASSES);
    }

    @Test
    void onlyTheClientKnowsTheWire() {
        noClasses()
                .that()
                .resideInAPackage("io.github.weirml.flink..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.grpc..", "com.google..", "io.github.weirml.v1..")
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    /** table and the DataStream API use internal, and internal the client: one way. */
    @Test
    void internalKnowsNothingOfItsUsers() {
        noClasses()
                .that()
                .resideInAPackage("io.github.weirml.flink.internal..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.github.weirml.flink", "io.github.weirml.flink.table..")
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage("io.github.weirml.flink")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.github.weirml.flink.table..")
                .check(CLASSES);
    }

    /** Users see what is for them. */
    @Test
    void publicClassesForFlinkSayWhomTheyAreFor() {
        classes()
                .that()
                .resideInAPackage("io.github.weirml.flink..")
                .and()
                .arePublic()
                .and()
                .areTopLevelClasses()
                .should()
                .beAnnotatedWith(PublicEvolving.class)
                .orShould()
                .beAnnotatedWith(Internal.class)
                .check(CLASSES);
    }

    @Test
    void noPublicTypeOfTheClientShowsTheWire() {
        com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods()
                .that()
                .arePublic()
                .and()
                .areDeclaredInClassesThat()
                .haveModifier(JavaModifier.PUBLIC)
                .and()
                .areDeclaredInClassesThat()
                .resideInAPackage("io.github.weirml.client..")
                .should()
                .haveRawReturnType(
                        com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage(
                                "io.grpc..", "com.google..", "io.github.weirml.v1.."))
                .check(CLASSES);
    }

    @Test
    void publicClassesOfTheClientAreFinalOrInterfaces() {
        classes()
                .that()
                .resideInAPackage("io.github.weirml.client..")
                .and()
                .arePublic()
                .and()
                .areNotInterfaces()
                .and()
                .areNotEnums()
                .should()
                .haveModifier(JavaModifier.FINAL)
                .check(CLASSES);
    }

    @Test
    void theSessionOfASubtaskKnowsNeitherTablesNorFunctions() {
        noClasses()
                .that()
                .resideInAPackage("io.github.weirml.flink.internal..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.github.weirml.flink", "io.github.weirml.flink.table..")
                .check(CLASSES);
    }

    @Test
    void everyPublicClassForFlinkSaysForWhomItIs() {
        classes()
                .that()
                .resideInAPackage("io.github.weirml.flink..")
                .and()
                .arePublic()
                .should()
                .beAnnotatedWith("org.apache.flink.annotation.PublicEvolving")
                .orShould()
                .beAnnotatedWith("org.apache.flink.annotation.Internal")
                .check(CLASSES);
    }
}
